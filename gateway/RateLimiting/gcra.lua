-- The generic cell rate algorithm in one step. The key holds the theoretical arrival time (TAT) of
-- the next request, in microseconds since the epoch by Redis' clock.
--   KEYS[1]   whose limit it is
--   ARGV[1]   the interval between two requests at the steady rate, microseconds
--   ARGV[2]   the window, microseconds: a full burst fills it
-- Answers {allowed, requests left, microseconds until the next is allowed, microseconds until full}.
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local arrival = tonumber(redis.call('GET', KEYS[1])) or now
if arrival < now then arrival = now end
local next_arrival = arrival + interval
local wait = next_arrival - window - now
if wait > 0 then
  return {0, 0, math.ceil(wait), math.ceil(arrival - now)}
end
local full = next_arrival - now
redis.call('SET', KEYS[1], string.format('%.3f', next_arrival), 'PX', math.max(1, math.ceil(full / 1000)))
return {1, math.floor((window - full) / interval), 0, math.ceil(full)}
