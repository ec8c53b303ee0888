--- The errors of Redis: what it replies, and what becomes of connections. None has an argument of a command in it.

local core = require "cards.core"

local errors = {}

-- By the first word of an error reply: the kind, the sentence in the place of Redis' own, and whether the same command may succeed later. It was not run.
local REPLIES = {
  LOADING = { "provider", "Redis is starting, and reads its data from the disk", true },
  BUSY = { "provider", "Redis runs a script that takes long, and does nothing else meanwhile", true },
  OOM = { "provider", "Redis is full: its maxmemory is used up, and nothing may be evicted", true },
  MISCONF = { "provider", "Redis takes no writes, as it cannot save its data to the disk: its log says why", true },
  READONLY = { "provider", "this Redis is a replica, which takes no writes: the address must be that of the primary", true },
  CLUSTERDOWN = { "provider", "the cluster of this Redis is down", true },
  MOVED = { "provider", "this Redis is a node of a cluster, which has the key elsewhere: the address must be that of a Redis that has all keys", false },
  NOAUTH = { "auth", "Redis wants a password: set CARDS_REDIS_PASSWORD or CARDS_REDIS_PASSWORD_FILE", false },
  DENIED = { "auth", "Redis takes connections of its own machine only, as it is in protected-mode", false },
  WRONGPASS = { "auth", "Redis does not take this user and password, or the user is disabled", false },
  NOPERM = { "auth", "the user of Redis may not run this command, or not with this key", false },
}
REPLIES.ASK, REPLIES.MASTERDOWN = REPLIES.MOVED, REPLIES.READONLY

--- An error of a command.
-- @param more { code, retryable, attempts, retry_after } as far as they are known
function errors.new(command, kind, message, more)
  return core.error {
    kind = kind, provider = "redis", operation = command:lower(), message = core.redact(message), code = more.code, retryable = more.retryable or false,
    attempts = more.attempts or 0, retry_after = more.retry_after,
  }
end

--- The error of an error reply.
-- @param text behind the "-"
function errors.of_reply(command, text)
  local code, rest = text:match "^(%u[%u%d_]*)%s*(.*)$"
  if (rest or ""):find "^The user executing the script can't run this command" then
    code = "NOPERM"
  end
  local known = REPLIES[code]
  if known then
    local refused = code == "NOPERM" and rest:match "'([%l|]+)' command"
    return errors.new(command, known[1], known[2] .. (refused and ": " .. refused or ""), { code = code, retryable = known[3], attempts = 1 })
  end
  rest = (rest or text):gsub(", with args beginning with:.*", "") -- which are the caller's values
  if rest:find "^AUTH " or rest:find "^Client sent AUTH" then
    local why = "this Redis has no password, but CARDS_REDIS_PASSWORD or CARDS_REDIS_PASSWORD_FILE is set"
    return errors.new(command, "auth", why, { code = code, attempts = 1 })
  elseif rest:find "^max number of clients" then
    return errors.new(command, "provider", "Redis takes no more connections: its maxclients are used up", { code = code, retryable = true, attempts = 1 })
  elseif command == "AUTH" then -- in words that may have the password in them, of what is no Redis
    return errors.new(command, "auth", "what is there refuses the user and password", { attempts = 1 })
  end
  return errors.new(command, "provider", rest, { code = code, attempts = 1 })
end

--- The error of a connection.
-- @param shown the address
-- @param problem { kind, why, sent = whether Redis may have got the command }
function errors.of_connection(command, shown, problem)
  local message = ("%s: %s%s"):format(shown, problem.why, problem.sent and "; whether Redis ran the command is not known" or "")
  local may_pass = problem.kind ~= "tls" and problem.kind ~= "auth"
  return errors.new(command, problem.kind, message, { retryable = not problem.sent and may_pass, attempts = problem.sent and 1 or 0 })
end

return errors
