-- Says what the log retains. A log that does not exist is made, and one that
-- has lost records is made anew, both with the epoch that the hub offers.
--
-- KEYS  1 log  2 meta  3 marks
-- ARGV  1 an epoch that was never used  2 the epoch that the hub knows
--       3 the highest record that it knows of in that epoch
--       4 the number of logs  5 "lost" if the hub has seen that records changed
--
-- Answers epoch, first, head, number of logs.
local first, head = 1, 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  local oldest = 0
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      head = tonumber(string.match(info[i + 1], '%-(%d+)$'))
    elseif info[i] == 'first-entry' and info[i + 1] then
      oldest = tonumber(string.match(info[i + 1][1], '%-(%d+)$'))
    end
  end
  first = oldest > 0 and oldest or head + 1
end
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'shards', 'begun')
local epoch, shards = meta[1], meta[2]
if not epoch
  or (meta[3] and head == 0)
  or (epoch == ARGV[2] and (head < tonumber(ARGV[3]) or ARGV[5] == 'lost')) then
  epoch, first, head = ARGV[1], 1, 0
  shards = shards or ARGV[4]
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[2], 'epoch', epoch, 'shards', shards)
end
return {epoch, string.format('%.0f', first), string.format('%.0f', head), shards}
