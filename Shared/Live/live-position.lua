-- The number of a user's last event. From now on events are kept for the user, who follows.
--   KEYS[1]   the number of the user's last event
--   ARGV[1]   how long it is kept, seconds
local last = redis.call('GET', KEYS[1])
if last then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
  return tonumber(last)
end
local clock = redis.call('TIME')
local number = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', number), 'EX', ARGV[1])
return number
