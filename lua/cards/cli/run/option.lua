--- Converters of options that the commands over rows share.

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

--- The names between commas, as a list.
function option.names(text)
  local names = {}
  for name in text:gmatch "[^,]+" do
    names[#names + 1] = name
  end
  return names
end

return option
