--- The line of a row: {"row":12,"result":…} in the output, {"row":12,"error":{…},"columns":{…}} in the errors.

local columns = require "cards.cli.run.columns"
local failure = require "cards.cli.program.failure"

--- An error as plain values. One that the flow itself made becomes its first line.
local function describe(err)
  if type(err) == "string" then
    err = err:match "^[^\n]*"
  elseif getmetatable(err) ~= "cards.error" then
    err = ("an error that is a %s"):format(type(err))
  end
  return failure.plain(err, "script")
end

--- A function(number, row, result, err) that writes the line of a row, and returns the kind of its error and its provider, or nil. It raises an error where a
-- file cannot be written.
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
    local added = errors:add(number, "error", described, "columns", shown)
      or errors:add(number, "error", described, "columns", columns.printable(shown)) -- some text had bytes that JSON cannot
      or errors:add(number, "error", described) -- or a list has nulls in it
    assert(added)
    return described.kind, described.provider
  end
end
