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

--- The converter of --delimiter.
local function delimiter_of(text)
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

--- Adds the options that say what the input is.
function option.input_format(parser)
  parser:option("--format", "What the input is, where its name does not say so."):choices { "csv", "ndjson" }
  parser:option("--delimiter", "What stands between two fields of CSV, such as ';' or tab (,)."):argname "CHARACTER":convert(delimiter_of)
end

--- What is wrong with those, or nil.
-- @param format that of the input, or nil where nobody knows it
function option.wrong_format(options, format)
  if not format then
    return "say --format csv or --format ndjson, as the name of the input does not"
  elseif options.delimiter and format ~= "csv" then
    return "--delimiter is for CSV"
  end
end

--- Adds the option that says which row is the last one.
function option.limit(parser)
  parser:option("--limit", "Only the first N rows. Without it the same command goes on with the others."):argname "N"
    :convert(option.whole("--limit", 1, 2 ^ 53))
end

--- Adds the option that says what a line of errors has of its row.
function option.error_columns(parser)
  parser:option("--error-columns", "What columns a line of errors has, masked: their names with commas between them, or none (all)."):argname "NAMES"
    :convert(option.names "--error-columns")
end

--- Adds the option that bounds how long a row waits for a client that is busy.
function option.busy_timeout(parser)
  parser:option("--busy-timeout", "Seconds for which a row that finds the client busy is run again, before that is its error."):argname "SECONDS":default "600"
    :convert(option.whole("--busy-timeout", 0, 86400))
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
