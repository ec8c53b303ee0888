--- The numbers of metrics by keys. A key is four words with tabs between them: what is counted, of whom, and which of it; the last ones may be empty. Provider,
-- operation and the names of limits have no tabs.
--
--     result     alix  private_info  ok           calls that have ended, by the kind of their error
--     bucket     alix  private_info  3            calls that took no longer than core.bounds[3], but longer than the bound before
--     seconds    alix  private_info               how long those took together
--     try        alix  private_info  new          requests that were begun, over a "new" or a "reused" connection
--     act        revealed                         acts of revealing
--   and, as they are now:
--     in_flight  alix  private_info               calls
--     pool       open                             connections, "open" and "idle"; calls that are "waiting" for one
--     secret     open                             secrets that are open; bytes that are "used" and "committed"
--     limit      NAME  running                    what the state of a limit, breaker or token source says
--     process                                     processes

local keys = {}

--- The key of these words.
function keys.join(what, of, which, last)
  return ("%s\t%s\t%s\t%s"):format(what, of or "", which or "", last or "")
end

--- The four words of a key; nil where it is none.
function keys.split(key)
  return key:match "^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$"
end

-- What several processes say of one thing they have in common, such as the rate of a limit in a shared dict.
local common = { ["limit wait"] = true, ["breaker failures"] = true, ["token_source expires"] = true }

--- Adds numbers of another process to those of one: their sum, or the larger one of what is the same for all.
function keys.add(all, more)
  for key, number in pairs(more) do
    local what, _, which = keys.split(key)
    local before = all[key] or 0
    all[key] = common[what .. " " .. which] and math.max(before, number) or before + number
  end
end

return keys
