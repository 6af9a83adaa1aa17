-- Tells a user an event, once, and numbers it. Nothing is kept for whom nobody follows.
--   KEYS[1]   the number of the user's last event
--   KEYS[2]   the user's log: payloads by number
--   KEYS[3]   exists when this event was told before
--   KEYS[4]   the user's channel
--   ARGV[1]   the event
--   ARGV[2]   how many the log keeps
--   ARGV[3]   how long it keeps them, seconds
--   ARGV[4]   how long it is remembered that the event was told, seconds
-- Answers the number, or 0 where nothing was told.
local last = redis.call('GET', KEYS[1])
local isHeard = redis.call('PUBSUB', 'NUMSUB', KEYS[4])[2] > 0
if not last then
  if not isHeard then return 0 end
  -- It may have been forgotten: numbers that start with the clock never go back.
  local clock = redis.call('TIME')
  last = clock[1] * 1000 + math.floor(clock[2] / 1000)
end
if not redis.call('SET', KEYS[3], '', 'NX', 'EX', ARGV[4]) then return 0 end
local number = tonumber(last) + 1
local payload = struct.pack('>I8', number) .. ARGV[1]
local text = string.format('%.0f', number)
-- Whom nobody hears any more is forgotten, however much there is to tell.
if isHeard then redis.call('SET', KEYS[1], text, 'EX', ARGV[3])
else redis.call('SET', KEYS[1], text, 'KEEPTTL') end
redis.call('ZADD', KEYS[2], text, payload)
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[2]))
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', KEYS[4], payload)
return number
