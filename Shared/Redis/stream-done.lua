-- Entries have taken effect: they go, and who published them learns of it, all or nothing.
--   KEYS[1]   the stream
--   ARGV[1]   the group
--   ARGV[2]   how many entries, then their ids
--   then      channels and messages, in turns
local count = tonumber(ARGV[2])
for index = 3, count + 2 do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[index])
  redis.call('XDEL', KEYS[1], ARGV[index])
end
for index = count + 3, #ARGV, 2 do redis.call('PUBLISH', ARGV[index], ARGV[index + 1]) end
return count
