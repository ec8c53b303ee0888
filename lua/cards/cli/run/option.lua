--- Options that the commands over rows share, and what converts and checks them.

local csv = require "cards.cli.run.csv"

local option = {}

--- The converter of an option that takes a whole number.
function option.whole(name, least, most)
  return function(text)
    local number = tonumber(text)
    return number and number >= least and number <= most and number % 1 == 0 and number or nil,
      ("%s takes a whole number from %d to %.0f"):format(name, least, most)
  end
end

--- What stands between two fields of CSV.
function option.delimiter(text)
  local delimiter = (text == "tab" or text == "\\t") and "\t" or text
  local wrong = csv.check_delimiter(delimiter)
  return not wrong and delimiter or nil, wrong and "--delimiter: " .. wrong
end

--- The converter of an option that takes names with commas between them. It returns them as a list, each once.
function option.names(name)
  return function(text)
    local names, seen = {}, {}
    for one in text:gmatch "[^,]+" do
      if not seen[one] then
        names[#names + 1], seen[one] = one, true
      end
    end
    return names[1] and names or nil, ("%s takes names with commas between them"):format(name)
  end
end

--- What is wrong with an option whose file has another use in the command; nil where nothing is.
-- @param name of the option
-- @param path what it says, or nil
-- @param ... lists or tables of the paths of other files
function option.not_own(name, path, ...)
  for _, paths in ipairs { { "-" }, ... } do
    for _, other in pairs(paths) do
      if path ~= nil and path == other then
        return name .. " takes a file of its own"
      end
    end
  end
end

--- Adds the option that bounds the waits of a command that goes on behind them.
function option.patience(parser)
  parser:option("--patience", "Seconds for which it waits for a Redis that is away or full."):argname "SECONDS":default "600"
    :convert(option.whole("--patience", 0, 1e6))
end

--- Adds the option with the address of a job in Redis, as `address`.
function option.address(parser, name)
  parser:option(name, "redis://[USER@]HOST[:PORT]/JOB, or rediss:// for TLS. A password comes from CARDS_REDIS_PASSWORD, or CARDS_REDIS_PASSWORD_FILE.")
    :argname "ADDRESS":target "address":count(1)
end

return option
