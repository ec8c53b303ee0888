--- Records as calls return them, read by what reads the answers of providers: so the same fields become the same secrets.

local check = require "cards.util.check"
local core = require "cards.core"
local target = require "cards.testing.target"

local record = {}

--- Whether the record of an operation is a list.
local function is_list(about)
  local path = next(about.response.fields)
  return path ~= nil and path:sub(1, 1) == "["
end

--- A body as JSON: a string or a secret; or nil and what is wrong with it, a string, or an error where there is no room for it.
local function json(body, about)
  if type(body) == "string" or check.is_secret(body) then
    return body
  elseif type(body) ~= "table" then
    return nil, "the body must be a table, or a text or secret that is JSON"
  elseif about.empty and next(body) == nil then
    return "" -- an answer without a body is a success
  end
  local text, wrong = core.tree(body, is_list(about), true)
  return text, type(wrong) == "string" and ("the body %s"):format(wrong) or wrong
end

--- Has a body read.
-- @param about the descriptor of its operation
-- @param read function(text) that returns a record, or nil and an error
-- @return what it returns; or nil and what is wrong with the body, a string, or an error where there is no room for it
function record.read(body, about, read)
  local text, wrong = json(body, about)
  if not text then
    return nil, wrong
  end
  local made, err = read(text)
  if text ~= body and text ~= "" then
    text:close()
  end
  return made, err
end

--- Reads a body, a table or text, as an answer of this status.
-- @param what the name of the public function
-- @param bare whether it is the record alone
local function read_answer(what, found, status, body, bare)
  local made, err = record.read(body, found.about, function(text) return core.read(found.of, found.operation, status, text, true, bare) end)
  if type(err) == "string" then
    error(("%s: %s"):format(what, err), 3)
  end
  return made, err
end

--- testing.record("alix.private_info", body), testing.record(module or client, "private_info", body): the record that a call returns.
-- @param body what stands in it, in the provider's names, without the envelope around it: a table of plain values, secrets and tables; or JSON as a text
-- @return the record; or nil and the error of a call whose answer has such a record: of kind "protocol" where a field has a wrong type
-- Raises an error for an unknown provider or operation, and for a body that cannot be JSON.
function record.record(...)
  local found, body = target.operation(...)
  check.argument("cards.testing.record", not found and body)
  local made, err = read_answer("cards.testing.record", found, 200, body, true)
  return made, err
end

local is_status = check.number(100, 599, true)

--- testing.answer("alix.private_info", status, body), testing.answer(module or client, "private_info", status, body): what a call returns for a whole answer.
-- What is encrypted in it stands there in plain text, and an id that the answer should repeat is not compared.
-- @param status of HTTP
-- @param body of the answer, with its envelope: a table, or the text
-- @return the record; or nil and the error
-- Raises an error as testing.record does.
function record.answer(...)
  local found, status, body = target.operation(...)
  check.argument("cards.testing.answer", not found and status or is_status(status, "the status"))
  local format = found.about.response.format
  check.argument("cards.testing.answer", type(body) == "table" and format ~= "json" and ("the body must be a text of the format %s"):format(format))
  local made, err = read_answer("cards.testing.answer", found, status, body, false)
  return made, err
end

return record
