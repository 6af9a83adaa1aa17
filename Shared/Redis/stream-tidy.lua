-- Forgets consumers that are long gone and hold nothing.
--   KEYS[1]   the stream
--   ARGV[1]   the group
--   ARGV[2]   who asks
--   ARGV[3]   idle for longer than this, milliseconds
-- Answers how many were forgotten.
local forgotten = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local facts = {}
  for index = 1, #consumer, 2 do facts[consumer[index]] = consumer[index + 1] end
  if facts['name'] ~= ARGV[2] and facts['pending'] == 0 and facts['idle'] > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], facts['name'])
    forgotten = forgotten + 1
  end
end
return forgotten
