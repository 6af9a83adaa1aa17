"""Somebody whose login wants a code, and who has a picture: what a backup of the database alone would lose."""
import base64
import hashlib
import hmac
import struct
import time
import urllib.request

from chaos.people import PASSWORD, Lane, Person

STEP_SECONDS = 30
PICTURE = base64.b64decode(
    "UklGRkwAAABXRUJQVlA4IEAAAAAQAwCdASoYABAAPm0qkUWkIqGYBABABsS0AFiNQABCxsAA/vWQ///rD4/8gx5Kf/ID/+QH"
    "//kB//kBzuubewgA")


class Keeper:
    def __init__(self, system):
        self.person = Person(system, "keeper")

    async def settle(self):
        await self.person.register()
        lane = Lane(self.person, None)
        enrolment = await lane.ask("POST", "/api/v1/auth/totp/enable")
        self._secret = base64.b32decode(enrolment.json["secret"])
        assert await lane.ask("POST", "/api/v1/auth/totp/confirm", {"code": self._code(0)})
        request = urllib.request.Request(
            self._url("/api/v1/auth/avatar"), PICTURE, method="PUT",
            headers={"Authorization": f"Bearer {self.person.token}", "Content-Type": "image/webp"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        self._path = (await lane.get("/api/v1/auth/me"))["image"]
        self._picture = self._fetch()
        await lane.connection.close()

    async def return_to(self, system):
        """Comes back to a restored system: by the code, to the picture."""
        self.person.system = system
        lane = Lane(self.person, None, token=None)
        login = {"email": self.person.email, "password": PASSWORD}
        refused = await lane.ask("POST", "/api/v1/auth/login", login, allowed=(401,))
        assert refused.code == "totp_required", refused.body
        # The code of this step may be spent: the next one is taken already.
        assert await lane.ask("POST", "/api/v1/auth/login", login | {"totp_code": self._code(1)})
        await lane.connection.close()
        assert self._fetch() == self._picture

    def _fetch(self):
        with urllib.request.urlopen(self._url(self._path)) as answer:
            return answer.read()

    def _url(self, path):
        return f"http://127.0.0.1:{self.person.system.port}{path}"

    def _code(self, offset):
        counter = struct.pack(">q", int(time.time()) // STEP_SECONDS + offset)
        digest = hmac.new(self._secret, counter, hashlib.sha1).digest()
        start = digest[-1] & 15
        number = struct.unpack(">I", digest[start:start + 4])[0] & 0x7FFFFFFF
        return f"{number % 10**6:06}"
