-- Hands a transient record to the tails, unless its idempotency key was used before.
--
-- KEYS  1 the idempotency key  2 the channel
-- ARGV  1 record  2 how long to remember the key, in ms
--
-- Answers "=" for a key that was used before and "" otherwise.
local first = redis.call('GET', KEYS[1])
if first then
  return '=' .. first
end
redis.call('SPUBLISH', KEYS[2], ARGV[1])
redis.call('SET', KEYS[1], '', 'PX', ARGV[2])
return ''
