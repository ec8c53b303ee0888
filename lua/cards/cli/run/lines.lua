--- The line of a row: {"row":12,"result":…} in the output, {"row":12,"error":{…},"columns":{…}} in the errors.

local columns = require "cards.cli.run.columns"
local core = require "cards.core"

local FIELDS = { "kind", "provider", "operation", "status", "code", "message", "retryable", "retry_after", "attempts", "request_id" }

--- An error as plain values. An error that the flow itself made becomes its first line, redacted.
local function describe(err)
  if getmetatable(err) == "cards.error" then
    local copy = {}
    for _, field in ipairs(FIELDS) do
      copy[field] = err[field]
    end
    return copy
  end
  local text = type(err) == "string" and err:match "^[^\n]*" or ("an error that is a %s"):format(type(err))
  return { kind = "script", message = core.redact(text) }
end

--- A function(number, row, result, err) that writes the line of a row, and returns the kind of its error, or nil. It raises an error where a file cannot be
-- written.
-- @param results, errors outputs
-- @param select_columns function that returns the columns of a row as they may be shown
return function(results, errors, select_columns)
  return function(number, row, result, err)
    if err == nil or result ~= nil then
      local ok, wrong = results:add(number, "result", result)
      if ok then
        return nil
      end
      err = "the result: " .. wrong
    end
    local described = describe(err)
    local shown = select_columns(row)
    if not errors:add(number, "error", described, "columns", shown) then -- some text has bytes that JSON cannot
      described = columns.printable(described)
      if not errors:add(number, "error", described, "columns", columns.printable(shown)) then -- or a list has nulls in it
        assert(errors:add(number, "error", described))
      end
    end
    return described.kind or "script"
  end
end
