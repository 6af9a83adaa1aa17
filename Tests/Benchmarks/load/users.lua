-- Requests of many signed-in users in turn. Environment: METHOD, TARGET, TOKENS (a file, one a line), BODY.
local requests, number = {}, 0

function init()
  local headers = {}
  if os.getenv("BODY") then headers["Content-Type"] = "application/json" end
  for token in io.lines(os.getenv("TOKENS")) do
    headers["Authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format(
      os.getenv("METHOD"), os.getenv("TARGET"), headers, os.getenv("BODY"))
  end
end

function request()
  number = number % #requests + 1
  return requests[number]
end
