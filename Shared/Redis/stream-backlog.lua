-- How far a group is behind.
--   KEYS[1]   the stream
--   ARGV[1]   the group
-- Answers {length, age of the oldest entry that the group has not done, in milliseconds; -1: none}.
-- Entries that were acknowledged and not deleted are nobody's any more: they go.
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, -1} end
local last
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local facts = {}
  for index = 1, #group, 2 do facts[group[index]] = group[index + 1] end
  if facts['name'] == ARGV[1] then last = facts['last-delivered-id'] end
end
local oldest
if last then
  oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
  if not oldest then
    local undelivered = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)[1]
    oldest = undelivered and undelivered[1]
  end
  if oldest then
    redis.call('XTRIM', KEYS[1], 'MINID', oldest)
  else
    redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
  end
else
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  oldest = first and first[1]
end
local length = redis.call('XLEN', KEYS[1])
if not oldest then return {length, -1} end
local clock = redis.call('TIME')
local age = clock[1] * 1000 + math.floor(clock[2] / 1000) - tonumber(string.match(oldest, '^%d+'))
return {length, math.max(0, age)}
