-- Drops the records that are too old or too many in bytes. Marks say how far the
-- log had come, in records and in bytes, at some moments.
--
-- KEYS  1 log  2 meta  3 marks
-- ARGV  1 bytes appended by this hub since it last asked
--       2 age to retain in ms  3 bytes to retain  4 least ms between two marks
if redis.call('HEXISTS', KEYS[2], 'epoch') == 0 then
  return 0
end
local bytes = redis.call('HINCRBY', KEYS[2], 'bytes', ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local newest = redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')
if last and (not newest[2] or now - newest[2] >= tonumber(ARGV[4])) then
  local mark = string.sub(last[1], 3) .. ':' .. string.format('%.0f', bytes)
  redis.call('ZADD', KEYS[3], 'NX', now, mark)
end

local upto = 0
while true do
  local mark = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
  if not mark[1] then
    break
  end
  local seq, before = string.match(mark[1], '^(%d+):(%d+)$')
  if now - mark[2] < tonumber(ARGV[2]) and bytes - before <= tonumber(ARGV[3]) then
    break
  end
  redis.call('ZREM', KEYS[3], mark[1])
  upto = math.max(upto, tonumber(seq))
end
if upto == 0 then
  return 0
end
return redis.call('XTRIM', KEYS[1], 'MINID', '0-' .. string.format('%.0f', upto + 1))
