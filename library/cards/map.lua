---@meta _

--- Mappings to the neutral record, and what may stand in them. In a file the transforms are globals, see `cards.load`.
---@class cards.Map
---@field digits cards.Transform the digits among other characters
---@field integer cards.Transform "42" of 42, "+042" and "42.0"
---@field year cards.Transform 2027 of 27, "27" and "2027"; two digits are of this century
---@field month cards.Transform 1 to 12
---@field month_year cards.MonthYear a month and a year in one, where it can be read in one way
---@field date cards.Transform ISO 8601, also of "20251231" and of Unix seconds or milliseconds
---@field upper cards.Transform a to z as capitals
---@field trim cards.Transform the text without white space at both ends
---@field country cards.Transform "US" of a country's code or English short name (ISO 3166-1)
---@field phone cards.Transform "+14155056227" of a number as it is written, or of a table of country code and number
---@field base64 cards.Transform the text that is written so, in either alphabet
---@field hex cards.Transform the text that is written as pairs of hexadecimal digits
local map = {}

--- What stands behind the paths of an expression, `{ "expMonth", cards.map.month }`. Of a secret it makes a new secret; of what makes no sense to it nothing.
---@class cards.Transform

--- `month_year` reads MM/YY, MM/YYYY, YYYY-MM, ISO dates, MMYYYY, YYYYMM, and MMYY as cards print it. `month_year "YYMM"` reads what is spelled so and nothing else.
---@class cards.MonthYear: cards.Transform
---@overload fun(spelling:string):cards.Transform

--- The characters from the first to the last one, counted as `string.sub` does. Raises where they are no whole numbers.
---@param first integer place of the first one
---@param last? integer place of the last one, -1 where it is absent
---@return cards.Transform transform the transform
function map.slice(first, last) end

--- What several paths have, put together; what is absent is left out. It stands in the place of a path. With a secret among them it is a secret. Raises where
--- `paths` is no list of 1 to 16 paths.
---@param paths string[] the paths
---@param between? string what stands between each two, at most 32 bytes ("")
---@return cards.Transform transform the transform
function map.join(paths, between) end

--- Other words for the provider's, `map { active = "open" }`. A value that has none is absent. Raises where `words` is no table of words.
---@param words table<string|integer|boolean,string|number> the neutral word for each of the provider's
---@return cards.Transform transform the transform
function map.map(words) end

--- What is taken where nothing was found. Raises where it is neither a string nor a number.
---@param value string|number the value
---@return cards.Transform transform the transform
function map.default(value) end

--- Adds a mapping, or replaces one; the built-in ones, too. Raises for an unknown operation, field, path or transform, and names the nearest known one.
---@param name string name of an operation, "alix.private_info"
---@param mapping cards.Mapping what each neutral field is made of
function map.define(name, mapping) end

--- What is wrong with a mapping. Nothing is defined.
---@param name string name of an operation, "alix.private_info"
---@param mapping cards.Mapping what each neutral field is made of
---@param fields? table<string,string> the type of each path of the record, where it is not to be looked up
---@return cards.Mistake[] mistakes all mistakes, an empty list where there is none
function map.check(name, mapping, fields) end

--- The neutral record, as `cards.card` makes it.
---@param record cards.Record what an operation returned
---@return cards.Card? card the neutral record
---@return cards.Error? err why there is none
function map.card(record) end

--- The neutral record, and why fields are absent of which the mapping found something. Raises where the argument is no table.
---@param record cards.Record what an operation returned
---@return cards.Card? card the neutral record
---@return table<string,string>|cards.Error reasons a sentence by the name of each such field, without its value; or why there is no record
function map.explain(record) end

--- What makes a neutral field: a path of the record, "billing.city"; a list of paths, of which the first that has a value counts, and of transforms behind them;
--- or a function of the record. Paths are `a.b`, `a[].b`, `a[0].b`, `[0].id` and `a['dotted.name']`.
---@alias cards.Expression string|cards.Transform|(string|cards.Transform)[]|(fun(record:cards.Record):any)

--- A mapping: what each field of the neutral record is made of.
---@class cards.Mapping: cards.Keys
---@field provider? cards.Expression name of the provider, which is there without it
---@field id? cards.Expression id of the card
---@field number? cards.Expression card number: 8 to 19 digits
---@field cvv? cards.Expression CVV
---@field last4? cards.Expression last four digits, which come of the number without it
---@field bin? cards.Expression first digits, which come of the number without it
---@field brand? cards.Expression brand
---@field type? cards.Expression type of the card
---@field status? cards.Expression status
---@field exp_month? cards.Expression month of expiry
---@field exp_year? cards.Expression year of expiry
---@field holder_name? cards.Expression name of the holder
---@field token? cards.Expression token of the card
---@field billing? cards.BillingMapping billing address
---@field email? cards.Expression e-mail address
---@field phone? cards.Expression telephone number
---@field created_at? cards.Expression when it was made
---@field canceled_at? cards.Expression when it was canceled

--- `billing` of a mapping.
---@class cards.BillingMapping: cards.Keys
---@field line1? cards.Expression first line
---@field line2? cards.Expression second line
---@field city? cards.Expression city
---@field region? cards.Expression region
---@field postal_code? cards.Expression postal code
---@field country? cards.Expression country

--- What a file of mappings returns: a mapping by the name of each operation, `["alix.private_info"] = { … }`.
---@alias cards.Mappings table<string,cards.Mapping>

--- The neutral record: the same fields with the same types for every provider, absent where that does not tell. It prints and concatenates as one masked line,
--- without its id.
---@class cards.Card
---@field provider string name of the provider
---@field id? string id of the card
---@field number? cards.Secret card number, class `pan`, of 8 to 19 digits
---@field cvv? cards.Secret CVV, class `cvv`
---@field last4? string last four digits
---@field bin? string first six digits, or as many as the provider tells
---@field brand? string brand, in the provider's words
---@field type? string type, in the provider's words
---@field status? string status, in the provider's words
---@field exp_month? integer month of expiry, 1 to 12
---@field exp_year? integer year of expiry, four digits
---@field holder_name? string name of the holder
---@field token? cards.Secret token, class `token`
---@field billing? cards.Billing billing address
---@field email? string e-mail address
---@field phone? string telephone number
---@field created_at? string when it was made, ISO 8601
---@field canceled_at? string when it was canceled, ISO 8601
---@operator concat(any):string
local Card = {}

--- Closes all secrets in it, those that are its record's too. `<close>` does it, too.
function Card:close() end

--- `billing` of a neutral record.
---@class cards.Billing
---@field line1? string first line
---@field line2? string second line
---@field city? string city
---@field region? string region
---@field postal_code? string postal code
---@field country? string country, ISO 3166-1 alpha-2 where the mapping makes it so

--- A mistake in a mapping, policy or definition: a table that prints and concatenates as its message.
---@class cards.Mistake
---@field path (string|integer)[] the keys that lead to it
---@field message string one line, which names the place and what was meant
