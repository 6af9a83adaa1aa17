-- Users who think: of ten requests five read metrics, two the profile, two the quote, one logs a session.
local requests, thinking = {}, tonumber(os.getenv("THINKING_MILLISECONDS"))

function init()
  math.randomseed(tonumber(os.getenv("SEED")))
  for token in io.lines(os.getenv("TOKENS")) do
    local headers = { Authorization = "Bearer " .. token }
    for _ = 1, 5 do requests[#requests + 1] = wrk.format("GET", "/focus-metrics", headers) end
    for _ = 1, 2 do requests[#requests + 1] = wrk.format("GET", "/api/v1/auth/me", headers) end
    for _ = 1, 2 do requests[#requests + 1] = wrk.format("GET", "/quotes/today", headers) end
    headers["Content-Type"] = "application/json"
    requests[#requests + 1] = wrk.format("POST", "/focus-session", headers, '{"duration":25}')
  end
end

function delay()
  return math.random(0, 2 * thinking)
end

function request()
  return requests[math.random(#requests)]
end
