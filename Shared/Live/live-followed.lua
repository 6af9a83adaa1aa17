-- Which of some users are followed: over a socket, or until a while ago.
--   KEYS   the number of each user's last event
--   ARGV   each user's channel
-- Answers their places among the keys, from 1.
local counts = redis.call('PUBSUB', 'NUMSUB', unpack(ARGV))
-- Mostly there is none.
local isAnyKept = redis.call('EXISTS', unpack(KEYS)) > 0
local followed = {}
for place = 1, #KEYS do
  if counts[place * 2] > 0 or isAnyKept and redis.call('EXISTS', KEYS[place]) == 1 then
    followed[#followed + 1] = place
  end
end
return followed
