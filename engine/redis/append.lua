-- Appends one record, unless its idempotency key was used before.
--
-- KEYS  1 log  2 meta  3 the idempotency key, if there is one
-- ARGV  1 record  2 records to retain  3 the epoch that the hub knows
--       4 the highest record that it knows of in that epoch
--       5 how long to remember the key, in ms
--
-- Answers "<epoch>-<seq>", with "=" before it for a key that was used before, or
-- false, with nothing stored, when there is no log or it has lost records. The
-- state script then makes a new one.
if KEYS[3] then
  local first = redis.call('GET', KEYS[3])
  if first then
    return '=' .. first
  end
end
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if not epoch then
  return false
end
-- The server counts: 0-1, 0-2, and so on, also after entries were trimmed. The
-- field is named for the epoch, which costs nothing, since a stream stores equal
-- names once.
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '0-*', epoch, ARGV[1])
local seq = string.sub(id, 3)
if (seq == '1' and redis.call('HSETNX', KEYS[2], 'begun', '1') == 0)
  or (epoch == ARGV[3] and tonumber(seq) <= tonumber(ARGV[4])) then
  redis.call('DEL', KEYS[1], KEYS[2])
  return false
end
local position = epoch .. '-' .. seq
if KEYS[3] then
  redis.call('SET', KEYS[3], position, 'PX', ARGV[5])
end
return position
