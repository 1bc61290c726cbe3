-- Appends records, each unless its idempotency key was used before.
--
-- KEYS  1 log  2 meta  3.. the idempotency keys of the first records
-- ARGV  1 records to retain  2 the epoch that the hub knows
--       3 the highest record that it knows of in that epoch
--       4 how long to remember a key, in ms  5.. records
--
-- Answers, for each record, its number or, if its key was used before, "=" and
-- the position of that use. The epoch comes first. It answers false, and has
-- stored nothing, when there is no log or it has lost records; the state script
-- then makes a new one.
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if not epoch then
  return false
end
local answer = {epoch}
local begun = false
for i = 5, #ARGV do
  local key = KEYS[i - 2]
  local first = key and redis.call('GET', key)
  if first then
    answer[i - 3] = '=' .. first
  else
    -- The server counts: 0-1, 0-2, and so on, also after entries were trimmed.
    -- The field is named for the epoch, which costs nothing, since a stream
    -- stores equal names once.
    local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '0-*', epoch, ARGV[i])
    local seq = string.sub(id, 3)
    if not begun then
      begun = true
      if (seq == '1' and redis.call('HSETNX', KEYS[2], 'begun', '1') == 0)
        or (epoch == ARGV[2] and tonumber(seq) <= tonumber(ARGV[3])) then
        redis.call('DEL', KEYS[1], KEYS[2])
        return false
      end
    end
    answer[i - 3] = seq
    if key then
      redis.call('SET', key, epoch .. '-' .. seq, 'PX', ARGV[4])
    end
  end
end
return answer
