-- Tells an event of a room, once. Its number comes from the room's row in PostgreSQL.
--   KEYS[1]   the room's log: payloads by number
--   KEYS[2]   the room's channel
--   ARGV[1]   the event's number
--   ARGV[2]   the payload: the number in 8 bytes, then the event
--   ARGV[3]   how many the log keeps
--   ARGV[4]   how long it keeps them, seconds
-- Answers the number, or 0 where it was told before.
if redis.call('ZCOUNT', KEYS[1], ARGV[1], ARGV[1]) > 0 then return 0 end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[3]))
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return tonumber(ARGV[1])
