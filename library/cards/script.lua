---@meta _

-- Globals of script files: what a mapping, a policy or a definition in a file has by name. See `cards.Map` and `cards.Mask`. An editor that has this file takes them for
-- globals of every file.

--- Mapping: the digits among other characters.
---@type cards.Transform
digits = nil

--- Mapping: "42" of 42, "+042" and "42.0".
---@type cards.Transform
integer = nil

--- Mapping: 2027 of 27, "27" and "2027".
---@type cards.Transform
year = nil

--- Mapping: 1 to 12.
---@type cards.Transform
month = nil

--- Mapping: a month and a year in one; `month_year "YYMM"` says how they are spelled.
---@type cards.MonthYear
month_year = nil

--- Mapping: ISO 8601.
---@type cards.Transform
date = nil

--- Mapping: a to z as capitals.
---@type cards.Transform
upper = nil

--- Mapping: the text without white space at both ends.
---@type cards.Transform
trim = nil

--- Mapping: the alpha-2 code of a country.
---@type cards.Transform
country = nil

--- Mapping: the text that is written in base64.
---@type cards.Transform
base64 = nil

--- Mapping: the text that is written as pairs of hexadecimal digits.
---@type cards.Transform
hex = nil

--- Mapping: the characters from the first to the last one.
---@param first integer place of the first one
---@param last? integer place of the last one
---@return cards.Transform transform the transform
function slice(first, last) end

--- Mapping: what several paths have, put together.
---@param paths string[] the paths
---@param between? string what stands between each two
---@return cards.Transform transform the transform
function join(paths, between) end

--- Mapping: other words for the provider's.
---@param words table<string|integer|boolean,string|number> the neutral word for each of the provider's
---@return cards.Transform transform the transform
function map(words) end

--- Mapping: what is taken where nothing was found.
---@param value string|number the value
---@return cards.Transform transform the transform
function default(value) end

--- Mapping: a telephone number as "+14155056227". Policy: "***6227" of it.
---@type any
phone = nil

--- Policy: as it is.
---@type cards.Rule
keep = nil

--- Policy: left out.
---@type cards.Rule
drop = nil

--- Policy: `***`.
---@type cards.Rule
hide = nil

--- Policy: "J. D." of "John Doe".
---@type cards.Rule
initials = nil

--- Policy: "j***@example.com".
---@type cards.Rule
email = nil

--- Policy: the year of a date.
---@type cards.Rule
year_only = nil

--- Policy: a card number with a star for each digit but those at the ends.
---@param ends? cards.Ends what to show; without it the last four
---@return cards.Rule rule the rule
function pan(ends) end

--- Policy: the last characters behind `***`.
---@param n integer how many
---@return cards.Rule rule the rule
function last(n) end

--- Policy: the first characters.
---@param n integer how many
---@return cards.Rule rule the rule
function truncate(n) end

--- Policy: a keyed hash; its key is `from_env "NAME"`.
---@param key cards.Secret the key
---@return cards.Rule rule the rule
function hash(key) end

--- Policy: what a function makes of the value; of a secret it gets `{ class, present = true }`.
---@param call fun(value:any):any the function
---@return cards.Rule rule the rule
function fn(call) end

--- Policy: an environment variable as the key of `hash`, one of those that `cards.configure { script_env = … }` lists.
---@param name string name of the variable
---@return cards.Secret secret the key
function from_env(name) end
