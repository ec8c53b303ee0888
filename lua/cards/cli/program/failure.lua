--- What the program says when it fails, and the status with which it ends. The one table of statuses is here.

local check = require "cards.util.check"
local colour = require "cards.cli.program.colour"
local to_json = require "cards.cli.json"

local failure = { FAILED = 1, USAGE = 2, INTERRUPTED = 130 } -- 130 is what a shell says of a program that Ctrl-C ended

--- Each status, its name and its meaning. From 3 on the name is the kind of an error.
failure.statuses = {
  { 0, "done", "What was asked for is done." },
  { failure.FAILED, "failed", "What has no kind: a file, the environment, the output, a row of `cards run`." },
  { failure.USAGE, "usage", "Wrong arguments, or a wrong definition in --provider. Nothing was sent." },
  { 3, "invalid_request", "A parameter is malformed, or the provider said so (HTTP 400, 422)." },
  { 4, "auth", "The credential was refused (401, 403)." },
  { 5, "not_found", "There is no such card (404)." },
  { 6, "rate_limited", "Too many calls (429)." },
  { 7, "declined", "The provider answered and refused." },
  { 8, "provider", "The provider failed (5xx)." },
  { 9, "timeout", "The deadline passed." },
  { 10, "network", "A name was not found, or a connection was refused, reset or cut short." },
  { 11, "tls", "A certificate or the handshake." },
  { 12, "protocol", "The answer is not what the provider documents." },
  { 13, "busy", "There is no room for the call. Nothing was sent." },
  { 14, "cancelled", "The call was given up." },
  { failure.INTERRUPTED, "interrupted", "Ctrl-C." },
}

local by_name, names = {}, {}
for _, row in ipairs(failure.statuses) do
  by_name[row[2]], names[row[1]] = row[1], row[2]
end

--- The statuses as lines of a help text.
function failure.text()
  local lines = {}
  for i, row in ipairs(failure.statuses) do
    lines[i] = ("   %-24s%s"):format(row[1] .. " " .. row[2], row[3])
  end
  return table.concat(lines, "\n")
end

--- The kinds of errors, as keys.
function failure.kinds()
  local kinds = {}
  for i = failure.USAGE + 2, #failure.statuses - 1 do
    kinds[failure.statuses[i][2]] = true
  end
  return kinds
end

local function is_error(value)
  return getmetatable(value) == "cards.error"
end

--- The status for what went wrong: that of an error's kind.
function failure.status(wrong)
  return is_error(wrong) and by_name[wrong.kind] or failure.FAILED
end

local FIELDS = { "kind", "provider", "operation", "status", "code", "message", "retryable", "retry_after", "attempts", "request_id" }

--- A text as a line that JSON can have: what check.line leaves need not be UTF-8 to its last letter.
local function clean(text)
  local line = check.line(text)
  return to_json(line) and line or (line:gsub("[\128-\255]", "?"))
end

--- An error as plain values, which JSON can have.
-- @param wrong an error, or a text
-- @param kind that a text has
function failure.plain(wrong, kind)
  if not is_error(wrong) then
    return { kind = kind, message = clean(wrong) }
  end
  local copy = {}
  for _, field in ipairs(FIELDS) do
    local value = wrong[field]
    copy[field] = type(value) == "string" and clean(value) or value
  end
  return copy
end

--- A line for a terminal, where the kind of an error is red.
local function line_of(wrong)
  local line, kind = check.line(wrong), is_error(wrong) and wrong.kind
  local from, to = nil, nil
  if kind then
    from, to = line:find(": " .. kind, 1, true)
  end
  if not from then
    return line
  end
  return line:sub(1, from + 1) .. colour "stderr"("bad", kind) .. line:sub(to + 1)
end

--- Says what went wrong: a line on standard error, or as JSON one object on standard output, {"error":{"kind":…}}, and nothing on standard error.
-- @param wrong an error, or a text
-- @param status with which the program ends
-- @param as_json whether JSON was asked for
-- @param advice lines for a person, or nil
function failure.show(wrong, status, as_json, advice)
  if as_json then
    local written, why = io.stdout:write(assert(to_json { error = failure.plain(wrong, names[status]) }), "\n")
    if written then
      written, why = io.stdout:flush()
    end
    if written then
      return
    end
    local lost = "standard output: " .. why
    if lost ~= wrong then
      io.stderr:write("cards: ", lost, "\n")
    end
  end
  io.stderr:write("cards: ", line_of(wrong), "\n", advice and advice .. "\n" or "")
end

return failure
