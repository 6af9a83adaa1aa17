"""Posts, comments and likes, as their readers see them."""
import itertools
import random
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from focal import User, assert_problem, fields_of

POSTS = "/api/v1/community/posts"
COMMENTS = "/api/v1/community/comments"
SPELLINGS = ["/api/v1{}", "/api/v1{}/", "{}", "{}/", "/api{}", "/api{}/"]
NOBODY = "01890000-0000-7000-8000-000000000000"


def a_word():
    """One that no other test uses."""
    return "q" + "".join(random.choices("bcdfghjklmnpqrtvwxz", k=12))


def post(user, title="A title", content="Some content", category="general"):
    answer = user.http.post(
        POSTS, json={"title": title, "content": content, "category": category})
    assert answer.status_code == 201, answer.text
    return answer.json()


def comment(user, post, content="A comment", parent=None):
    body = {"content": content} | ({"parent_comment_id": parent["id"]} if parent else {})
    answer = user.http.post(f"{POSTS}/{post['id']}/comments", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def pages(user, path, **query):
    """All items of a list, page by page."""
    items, cursor = [], None
    for _ in range(1000):
        page = user.get(path, **query, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= query.get("limit", 20)
        items += page["items"]
        cursor = page.get("next_cursor")
        if not cursor:
            return items
    raise AssertionError("the list does not end")


def ids(items):
    return [item["id"] for item in items]


def at_once(count, action):
    with ThreadPoolExecutor(100) as pool:
        return list(pool.map(action, range(count)))


# Posts


def test_a_post_is_read_as_written(user, other):
    text = "  verbatim \u00e9\U0001f600\n\ttabs and <b>tags</b> "
    written = post(user, title=" A title ", content=text, category="study")
    for name in ["id", "user_id", "username", "title", "content", "category", "likes",
                 "liked_by_me", "comment_count", "created_at", "updated_at"]:
        assert name in written
    assert written["content"] == text and written["title"] == " A title "
    assert written["category"] == "study"
    assert written["user_id"] == user.id
    assert written["username"] == user.tokens["user"]["username"]
    assert (written["likes"], written["liked_by_me"], written["comment_count"]) == (0, False, 0)
    assert written.get("edited_at") is None
    for reader in [user, other]:
        assert reader.get(f"{POSTS}/{written['id']}") == written
        assert written["id"] in ids(reader.get(POSTS)["items"])


def test_every_route_at_every_spelling(user):
    for spelling in SPELLINGS:
        path = spelling.format("/community/posts")
        answer = user.http.post(path, json={"title": "t", "content": "c", "category": "work"})
        assert answer.status_code == 201, f"{path}: {answer.text}"
        id = answer.json()["id"]
        one = spelling.format(f"/community/posts/{id}")
        assert user.http.get(path).status_code == 200
        assert user.get(one)["id"] == id
        assert user.http.put(one, json={"title": "T"}).json()["title"] == "T"
        for method, liked in [("POST", True), ("PUT", True), ("DELETE", False)]:
            answer = user.http.request(method, spelling.format(f"/community/posts/{id}/like"))
            assert answer.status_code == 200, answer.text
            assert answer.json() == {"liked": liked, "likes": int(liked)}
        answers = spelling.format(f"/community/posts/{id}/comments")
        answer = user.http.post(answers, json={"content": "c"})
        assert answer.status_code == 201, answer.text
        reply = answer.json()["id"]
        assert ids(user.get(answers)["items"]) == [reply]
        answer = user.http.put(spelling.format(f"/community/comments/{reply}"), json={"content": "C"})
        assert answer.status_code == 200 and answer.json()["content"] == "C"
        answer = user.http.post(spelling.format(f"/community/comments/{reply}/like"))
        assert answer.json() == {"liked": True, "likes": 1}
        assert user.http.delete(spelling.format(f"/community/comments/{reply}")).status_code == 204
        assert user.http.delete(one).status_code == 204
        assert_problem(user.http.get(one), 404)


@pytest.mark.parametrize("body, field", [
    ({"content": "c", "category": "general"}, "title"),
    ({"title": "", "content": "c", "category": "general"}, "title"),
    ({"title": "t" * 201, "content": "c", "category": "general"}, "title"),
    ({"title": "t", "category": "general"}, "content"),
    ({"title": "t", "content": "", "category": "general"}, "content"),
    ({"title": "t", "content": "c" * 20_001, "category": "general"}, "content"),
    ({"title": "t", "content": "c"}, "category"),
    ({"title": "t", "content": "c", "category": "gossip"}, "category"),
    ({"title": "t\0", "content": "c", "category": "general"}, "title"),
])
def test_a_post_that_breaks_a_rule(user, body, field):
    assert field in fields_of(assert_problem(user.http.post(POSTS, json=body), 422))


def test_the_longest_post(user):
    written = post(user, title="\U0001f600" * 200, content="\u00e9" * 20_000)
    assert user.get(f"{POSTS}/{written['id']}")["content"] == "\u00e9" * 20_000


def test_editing_a_post(user, other):
    written = post(user)
    path = f"{POSTS}/{written['id']}"
    for method in ["PUT", "PATCH"]:
        content = f"edited by {method}"
        answer = user.http.request(method, path, json={"content": content})
        assert answer.status_code == 200, answer.text
        edited = answer.json()
        assert edited["content"] == content and edited["title"] == written["title"]
        assert edited["edited_at"] and edited["updated_at"] >= written["created_at"]
        assert other.get(path) == edited
    same = user.http.put(path, json={"content": edited["content"]}).json()
    assert same == edited
    assert_problem(user.http.put(path, json={"title": ""}), 422)
    assert_problem(other.http.put(path, json={"title": "mine"}), 403, "not_yours")
    assert_problem(other.http.delete(path), 403, "not_yours")
    assert_problem(user.http.put(f"{POSTS}/{NOBODY}", json={"title": "t"}), 404)
    assert_problem(user.http.get(f"{POSTS}/not-an-id"), 404)


def test_edits_at_once_all_take_effect(user):
    written = post(user)
    path = f"{POSTS}/{written['id']}"
    answers = at_once(20, lambda number: user.http.put(path, json={"title": f"title {number}"}))
    done = [answer.json()["title"] for answer in answers if answer.status_code == 200]
    assert done and all(answer.status_code in (200, 409) for answer in answers)
    assert user.get(path)["title"] in done


def test_a_deleted_post_is_gone_everywhere(user, other):
    word = a_word()
    written = post(user, title=f"about {word}")
    answered = comment(other, written)
    path = f"{POSTS}/{written['id']}"
    assert user.http.delete(path).status_code == 204
    for reader in [user, other]:
        assert_problem(reader.http.get(path), 404)
        assert_problem(reader.http.get(f"{path}/comments"), 404)
        assert_problem(reader.http.post(f"{path}/like"), 404)
        assert_problem(reader.http.post(f"{path}/comments", json={"content": "c"}), 404)
        assert_problem(reader.http.post(f"{COMMENTS}/{answered['id']}/like"), 404)
        assert reader.get(POSTS, q=word)["items"] == []
        assert written["id"] not in ids(reader.get(POSTS, limit=100)["items"])
    assert_problem(user.http.delete(path), 404)


# Lists


def test_posts_by_category(user):
    word = a_word()
    mine = {name: post(user, title=word, category=name)["id"] for name in [
        "general", "study", "work", "motivation", "help", "showcase"]}
    for name, id in mine.items():
        found = user.get(POSTS, category=name, q=word)["items"]
        assert ids(found) == [id] and found[0]["category"] == name
        assert ids(user.get(POSTS, category=name, limit=1)["items"]) == [id]
    assert_problem(user.http.get(POSTS, params={"category": "gossip"}), 422)


def test_search_finds_words_and_the_best_match_first(user):
    word, rare = a_word(), a_word()
    once = post(user, title="t", content=f"said {word} once in a longer text of other words")
    often = post(user, title=f"{word} {word}", content=f"{word} {rare}")
    post(user, title="t", content="neither")
    assert ids(user.get(POSTS, q=word)["items"]) == [often["id"], once["id"]]
    assert ids(user.get(POSTS, q=word.upper())["items"]) == [often["id"], once["id"]]
    assert ids(user.get(POSTS, q=f"{word} {rare}")["items"]) == [often["id"]]
    assert ids(user.get(POSTS, q=f"{word} -{rare}")["items"]) == [once["id"]]
    assert ids(user.get(POSTS, q=word, sort="new")["items"]) == [often["id"], once["id"]]
    for query in ["'", '"', "& | !", "%", "(", ":*", "\\", "the"]:
        assert user.get(POSTS, q=f"{query} {word} {query}", limit=1) is not None
    user.http.put(f"{POSTS}/{often['id']}", json={"title": "other", "content": "words"})
    assert ids(user.get(POSTS, q=word)["items"]) == [once["id"]]


@pytest.mark.parametrize("sort", [None, "new", "top", "hot"])
def test_a_phrase_is_found_as_it_was_written(user, sort):
    first, second = a_word(), a_word()
    order = {"sort": sort} if sort else {}
    together = post(user, title="t", content=f"so {first} {second} it was")
    apart = post(user, title="t", content=f"{second} and then {first}")
    assert ids(user.get(POSTS, q=f'"{first} {second}"', **order)["items"]) == [together["id"]]
    assert ids(user.get(POSTS, q=f'"{second} {first}"', **order)["items"]) == []
    assert ids(user.get(POSTS, q=f'"{first} {second}" or "and then"', limit=1, **order)["items"])
    both = user.get(POSTS, q=f'{first} -"{first} {second}"', **order)["items"]
    assert ids(both) == [apart["id"]]


@pytest.mark.parametrize("sort", [None, "new", "top", "hot"])
def test_pages_neither_skip_nor_repeat_while_posts_are_added(user, other, sort):
    word = a_word()
    mine = [post(user, title=word, content=word * (number % 3 + 1)) for number in range(25)]
    for number, written in enumerate(mine):
        if number % 3 == 0:
            user.http.put(f"{POSTS}/{written['id']}/like")
        if number % 6 == 0:
            other.http.put(f"{POSTS}/{written['id']}/like")
    query = {"q": word, "limit": 7} | ({"sort": sort} if sort else {})
    seen, cursor = [], None
    while True:
        page = user.get(POSTS, **query, **({"cursor": cursor} if cursor else {}))
        seen += page["items"]
        post(other, title=word, content="added meanwhile")
        cursor = page.get("next_cursor")
        if not cursor:
            break
    listed = [item["id"] for item in seen if item["user_id"] == user.id]
    assert sorted(listed) == sorted(ids(mine))
    assert len(set(ids(seen))) == len(seen)
    if sort == "top":
        likes = [item["likes"] for item in seen]
        assert likes == sorted(likes, reverse=True)
    if sort == "new":
        assert listed == ids(reversed(mine))


def test_hot_weighs_likes_against_age(user, other):
    word = a_word()
    liked, fresh = post(user, title=word), post(user, title=word)
    for someone in [user, other]:
        someone.http.put(f"{POSTS}/{liked['id']}/like")
    assert ids(user.get(POSTS, q=word, sort="hot")["items"]) == [liked["id"], fresh["id"]]
    assert ids(user.get(POSTS, q=word, sort="new")["items"]) == [fresh["id"], liked["id"]]


def test_a_list_refuses_what_it_has_not_said(user):
    for number in range(2):
        post(user)
    cursor = user.get(POSTS, limit=1, sort="new")["next_cursor"]
    assert user.http.get(POSTS, params={"sort": "new", "cursor": cursor}).status_code == 200
    for query in [{"cursor": "x"}, {"cursor": cursor, "sort": "top"}, {"cursor": cursor[:-1]},
                  {"limit": 0}, {"limit": 101}, {"sort": "old"}]:
        assert_problem(user.http.get(POSTS, params=query), 422)


# Comments


def test_comments_are_a_tree_to_depth_8(user, other):
    written = post(user)
    path = f"{POSTS}/{written['id']}/comments"
    chain = [comment(other, written, "depth 0")]
    for depth in range(1, 9):
        chain.append(comment(user, written, f"depth {depth}", parent=chain[-1]))
        assert chain[-1]["depth"] == depth
        assert chain[-1]["parent_comment_id"] == chain[-2]["id"]
    too_deep = user.http.post(
        path, json={"content": "c", "parent_comment_id": chain[-1]["id"]})
    assert "parent_comment_id" in fields_of(assert_problem(too_deep, 422))
    second = comment(other, written, "another one")
    trees = user.get(path)["items"]
    assert ids(trees) == [chain[0]["id"], second["id"]]
    node = trees[0]
    for expected in chain:
        assert node["content"] == expected["content"] and node["depth"] == expected["depth"]
        assert node["username"] and node["post_id"] == written["id"]
        node = node["replies"][0] if node["replies"] else None
    assert node is None
    assert user.get(f"{POSTS}/{written['id']}")["comment_count"] == 10


def test_a_deleted_comment_keeps_its_replies(user, other):
    written = post(user)
    path = f"{POSTS}/{written['id']}"
    root = comment(other, written, "to be deleted")
    reply = comment(user, written, "stays", parent=root)
    one = f"{COMMENTS}/{root['id']}"
    assert_problem(user.http.delete(one), 403, "not_yours")
    assert_problem(user.http.put(one, json={"content": "mine"}), 403, "not_yours")
    assert other.http.delete(one).status_code == 204
    tree = user.get(f"{path}/comments")["items"]
    assert tree[0]["is_deleted"] is True and tree[0]["content"] == ""
    assert tree[0]["replies"][0]["id"] == reply["id"]
    assert tree[0]["replies"][0]["content"] == "stays"
    assert user.get(path)["comment_count"] == 1
    for answer in [
            other.http.delete(one), other.http.put(one, json={"content": "c"}),
            user.http.post(f"{one}/like")]:
        assert_problem(answer, 404)
    answer = user.http.post(
        f"{path}/comments", json={"content": "c", "parent_comment_id": root["id"]})
    assert_problem(answer, 422)


def test_editing_a_comment(user):
    written = post(user)
    root = comment(user, written)
    reply = comment(user, written, parent=root)
    for one in [root, reply]:
        answer = user.http.put(f"{COMMENTS}/{one['id']}", json={"content": "edited"})
        assert answer.status_code == 200 and answer.json()["content"] == "edited"
        assert answer.json()["updated_at"] >= one["updated_at"]
        assert_problem(user.http.put(f"{COMMENTS}/{one['id']}", json={"content": ""}), 422)
    tree = user.get(f"{POSTS}/{written['id']}/comments")["items"]
    assert tree[0]["content"] == tree[0]["replies"][0]["content"] == "edited"


def test_a_parent_of_another_post_is_refused(user):
    first, second = post(user), post(user)
    elsewhere = comment(user, first)
    for parent in [elsewhere["id"], NOBODY]:
        answer = user.http.post(
            f"{POSTS}/{second['id']}/comments", json={"content": "c", "parent_comment_id": parent})
        assert "parent_comment_id" in fields_of(assert_problem(answer, 422))
    assert user.get(f"{POSTS}/{second['id']}")["comment_count"] == 0


def test_pages_of_comments_while_some_are_added(user, other):
    written = post(user)
    path = f"{POSTS}/{written['id']}/comments"
    roots = [comment(user, written, f"comment {number}") for number in range(9)]
    comment(other, written, "a reply", parent=roots[4])
    seen, cursor = [], None
    for _ in range(3):
        page = user.get(path, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += page["items"]
        cursor = page.get("next_cursor")
        comment(other, written, "added meanwhile")
    assert ids(seen) == ids(roots)
    assert len(seen[4]["replies"]) == 1
    assert len(pages(user, path, limit=5)) == 12


def test_a_page_of_long_comments_ends_early(user):
    written = post(user)
    long = "\U0001f600" * 20_000
    for _ in range(15):
        comment(user, written, long)
    path = f"{POSTS}/{written['id']}/comments"
    first = user.get(path, limit=100)
    assert 0 < len(first["items"]) < 15 and first["next_cursor"]
    assert len(pages(user, path, limit=100)) == 15


def test_comments_at_once_are_all_counted(user, other):
    written = post(user)
    root = comment(user, written)
    answers = at_once(100, lambda number: [user, other][number % 2].http.post(
        f"{POSTS}/{written['id']}/comments",
        json={"content": f"{number}"} | ({"parent_comment_id": root["id"]} if number % 3 else {})))
    assert all(answer.status_code == 201 for answer in answers)
    assert user.get(f"{POSTS}/{written['id']}")["comment_count"] == 101
    replies = user.get(f"{POSTS}/{written['id']}/comments", limit=100)["items"]
    assert len(replies) + sum(len(item["replies"]) for item in replies) == 101
    mine = [answer.json()["id"] for answer in answers if answer.json()["user_id"] == user.id]
    deleted = at_once(100, lambda number: user.http.delete(f"{COMMENTS}/{mine[number % 50]}"))
    assert sum(answer.status_code == 204 for answer in deleted) == 50
    assert user.get(f"{POSTS}/{written['id']}")["comment_count"] == 51


# Likes


@pytest.fixture
def crowd():
    """Ten users who click at the same time."""
    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(lambda _: User(), range(10)))


@pytest.mark.parametrize("thing", ["post", "comment"])
def test_likes_are_exact_under_a_hundred_clicks(user, crowd, thing):
    written = post(user)
    path = f"{POSTS}/{written['id']}"
    if thing == "comment":
        path = f"{COMMENTS}/{comment(user, written)['id']}"

    def likes(reader):
        one = reader.get(f"{POSTS}/{written['id']}")
        if thing == "comment":
            one = reader.get(f"{POSTS}/{written['id']}/comments")["items"][0]
        return one["likes"], one["liked_by_me"]

    # One user, a hundred times: one like.
    answers = at_once(100, lambda _: user.http.put(f"{path}/like"))
    assert all(answer.json() == {"liked": True, "likes": 1} for answer in answers)
    assert likes(user) == (1, True) and likes(crowd[0]) == (1, False)
    answers = at_once(100, lambda _: user.http.delete(f"{path}/like"))
    assert all(answer.json() == {"liked": False, "likes": 0} for answer in answers)
    # An odd number of toggles is a like, an even one none.
    at_once(99, lambda _: user.http.post(f"{path}/like"))
    assert likes(user) == (1, True)
    at_once(99, lambda _: user.http.post(f"{path}/like"))
    assert likes(user) == (0, False)
    # Ten users, ten clicks each, of all kinds; the last word of each is a like of every other one.
    actions = ["POST", "PUT", "DELETE"]
    answers = at_once(100, lambda number: crowd[number % 10].http.request(
        actions[number % 3], f"{path}/like"))
    assert all(answer.status_code == 200 and 0 <= answer.json()["likes"] <= 10
               for answer in answers)
    at_once(10, lambda number: crowd[number].http.request(
        "PUT" if number % 2 else "DELETE", f"{path}/like"))
    assert likes(user) == (5, False)
    assert [likes(someone)[1] for someone in crowd] == [False, True] * 5


def test_liking_what_is_not_there(user):
    for path in [f"{POSTS}/{NOBODY}/like", f"{COMMENTS}/{NOBODY}/like"]:
        for method in ["POST", "PUT", "DELETE"]:
            assert_problem(user.http.request(method, path), 404)


def test_everything_is_for_those_who_signed_in(anyone):
    for method, path in itertools.chain(
            itertools.product(["GET", "POST"], [POSTS, "/community/posts"]),
            itertools.product(["GET", "PUT", "DELETE"], [f"{POSTS}/{NOBODY}"]),
            itertools.product(["POST", "PUT", "DELETE"], [f"{POSTS}/{NOBODY}/like"]),
            [("GET", "/api/v1/blocks"), ("PUT", f"/api/v1/blocks/{NOBODY}"),
             ("POST", "/api/v1/community/reports"), ("GET", "/api/v1/admin/reports"),
             ("PATCH", f"/api/v1/admin/reports/{NOBODY}")]):
        assert_problem(anyone.request(method, path), 401)


def test_a_new_name_shows_on_what_was_written(user, other):
    written = post(user)
    answered = comment(user, written)
    name = f"renamed-{uuid.uuid4().hex[:12]}"
    user.update(username=name)
    assert other.get(f"{POSTS}/{written['id']}")["username"] == name
    listed = other.get(f"{POSTS}/{written['id']}/comments")["items"]
    assert listed[0]["id"] == answered["id"] and listed[0]["username"] == name


def test_replies_and_likes_are_told_once(user, other):
    written = post(user)
    root = comment(other, written, "an answer")
    comment(user, written, "my own words", parent=root)
    for _ in range(3):
        other.http.post(f"{POSTS}/{written['id']}/like")
    user.http.put(f"{POSTS}/{written['id']}/like")
    name = other.tokens["user"]["username"]
    told = [item for item in pages(user, "/api/v1/notifications") if name in item["text"]]
    assert sorted((item["kind"], item["subject_id"]) for item in told) == [
        ("like", written["id"]), ("reply", root["id"])]
    name = user.tokens["user"]["username"]
    told = [item for item in pages(other, "/api/v1/notifications") if name in item["text"]]
    assert [item["kind"] for item in told] == ["reply"]


def test_posts_count_for_badges_and_timelines(user):
    written = post(user, title="my first one")
    badges = user.get("/api/v1/badges/user")["items"]
    first = [badge for badge in badges if badge["criteria"] == {"kind": "community_posts", "value": 1}]
    assert first[0]["awarded_at"]
    assert written["id"] in [item["subject_id"] for item in pages(user, "/api/v1/timeline")]
    assert user.http.delete(f"{POSTS}/{written['id']}").status_code == 204
    assert written["id"] not in [
        item["subject_id"] for item in pages(user, "/api/v1/timeline")]
