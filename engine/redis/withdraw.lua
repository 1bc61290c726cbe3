-- Removes a hub's lease, unless a later start of the same hub holds it by now.
--
-- KEYS  1 lease  2 names of the hubs
-- ARGV  1 the hub's name  2 its boot
local lease = redis.call('GET', KEYS[1])
if lease and cjson.decode(lease).boot ~= ARGV[2] then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[1])
return 1
