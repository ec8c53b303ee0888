--- Makes a job where there is none of this name, and says what is known of it.
--
-- KEYS: all keys of the job; the first are meta and rows. ARGV: seconds until the job expires, and names and values of a new meta; nothing to make none.
-- Returns the names and values of meta in turn; an empty list where there is no job; an error where the user may not run what the scripts of jobs do: one
-- that ends half way leaves a row without a line, or a line that is not counted.

local meta, rows = KEYS[1], KEYS[2]
local COMMANDS = "DEL EXISTS EXPIRE GET HDEL HGET HGETALL HINCRBY HLEN HMGET HSET HSETNX INFO PEXPIRE PTTL SET TIME "
  .. "XACK XADD XCLAIM XDEL XGROUP XLEN XPENDING XRANGE XREADGROUP XTRIM"

if redis.acl_check_cmd then -- since Redis 7
  for command in string.gmatch(COMMANDS, "%u+") do
    if not redis.acl_check_cmd(command, command == "XGROUP" and "CREATE" or meta, rows) then
      return redis.error_reply("NOPERM this user has no permissions to run the '" .. string.lower(command) .. "' command")
    end
  end
end

if ARGV[1] and redis.call("EXISTS", meta) == 0 then
  redis.call("DEL", unpack(KEYS)) -- what is left of an earlier job of this name would count as done
  redis.call("XGROUP", "CREATE", rows, "workers", "0", "MKSTREAM")
  redis.call("HSET", meta, unpack(ARGV, 2))
  redis.call("EXPIRE", meta, ARGV[1])
  redis.call("EXPIRE", rows, ARGV[1])
end
return redis.call("HGETALL", meta)
