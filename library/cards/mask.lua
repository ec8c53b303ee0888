---@meta _

--- Masking: `cards.mask(card)` makes of a card or a record a plain table without secrets, safe to log and to encode, by the policy `support`. It raises where its
--- argument is no table. Rules that take nothing are values, the others are calls. In a file the rules are globals, see `cards.load`.
---@class cards.Mask
---@field keep cards.Rule as it is, card numbers in it masked; a secret shows its mask, a table nothing
---@field drop cards.Rule left out
---@field hide cards.Rule `***`, whatever it is
---@field initials cards.Rule "J. D." of "John Doe"
---@field email cards.Rule "j***@example.com" of "john.doe@example.com"
---@field phone cards.Rule "***6227" of "+1 415 505-6227"; fewer than seven digits show nothing
---@field year_only cards.Rule the year of a date, or a year
---@field policies cards.NamedPolicies policies to begin with
---@field explain cards.Explain what a policy shows, `cards.mask.explain(policy)`
---@overload fun(card:table):table
local mask = {}

--- What a policy has for a field: `cards.mask.keep`, `cards.mask.last(4)`. A policy that would show more of a number than its first 8 and last 4 digits, or
--- anything of a CVV, raises where it is made.
---@class cards.Rule

--- A card number with a star for each digit but those at the ends. Raises for more than the first 8 or the last 4.
---@param ends? cards.Ends what to show; without it the last four
---@return cards.Rule rule the rule
function mask.pan(ends) end

--- The last characters behind `***`; a text that is not longer shows nothing, a secret what its mask can show.
---@param n integer how many bytes; whole characters only
---@return cards.Rule rule the rule
function mask.last(n) end

--- The first characters, with `...` where something was cut; a secret shows what its mask can show.
---@param n integer how many bytes; whole characters only
---@return cards.Rule rule the rule
function mask.truncate(n) end

--- A keyed hash (HMAC-SHA-256, 32 hexadecimal digits), to join data without the number. A CVV shows nothing. In a file the key is `from_env "NAME"`.
---@param key cards.Text 16 to 4096 bytes; raises where it is something else
---@return cards.Rule rule the rule
function mask.hash(key) end

--- What a function makes of the value; nil leaves the field out. A secret stays a secret for it, and nothing is shown that a mask could not show.
---@param call fun(value:any):any the function
---@return cards.Rule rule the rule
function mask.fn(call) end

--- Makes a policy: an allow-list, in which a field without a rule is masked. Raises where something is no rule or would show too much.
---@param rules cards.Rules what each field shows
---@param options? cards.PolicyOptions how
---@return cards.Policy policy the policy, which is called with a card or record
function mask.policy(rules, options) end

--- Keys of the second argument of `cards.mask.policy`.
---@class cards.PolicyOptions: cards.Keys
---@field strict? boolean whether a field that neither the neutral record nor any provider has is a mistake, as in a file (false)

--- What is wrong with the rules of a policy, as `strict = true` has it.
---@param rules cards.Rules|cards.Policy what each field shows
---@return cards.Mistake[] mistakes all mistakes, an empty list where there is none
function mask.check(rules) end

--- A policy: `policy(card)` makes of a card or a record a new plain table. It raises where its argument is no table.
---@class cards.Policy
---@overload fun(card:table):table
local Policy = {}

--- Another policy: these rules over those of this one. Tables of rules merge; a rule takes the place of what was there. Raises as `cards.mask.policy` does.
---@param rules cards.Rules|cards.Policy what is to be different
---@return cards.Policy policy another one; this one stays as it is
function Policy:extend(rules) end

--- The policies to begin with.
---@class cards.NamedPolicies
---@field support cards.Policy which card it is and whom to ask for: what support staff may see, and what `cards.mask` shows
---@field cardholder cards.Policy what holders may see of their own card: all but what it can be paid with
---@field audit cards.Policy what a log for auditors keeps: the card and its dates, nothing of the person

--- What a policy shows of every field of every provider and of the neutral record; raises where the argument is no policy.
---@class cards.Explain
---@overload fun(policy:cards.Policy):cards.ExplainedField[]
local Explain = {}

--- The rows as lines with aligned columns, under a line of titles.
---@param rows cards.ExplainedField[] what `cards.mask.explain` returned
---@return string text the lines
function Explain.text(rows) end

--- A row of `cards.mask.explain`.
---@class cards.ExplainedField
---@field provider string name of the provider, "cards" for the neutral record, "*" for any
---@field operation string name of the operation, "card" for the neutral record, "*" for any
---@field field string path of the field, "*" for all that nobody declares
---@field class string its class or type
---@field shows string what is left of it, in words

--- Rules by fields: of the neutral record, or of a provider's. For a field that is a table, a table of its fields' rules, which for a list are those of each element.
---@class cards.Rules
---@field [string] cards.Rule|cards.Rules|cards.Policy a field of a provider
---@field provider? cards.Rule name of the provider
---@field id? cards.Rule id of the card
---@field number? cards.Rule card number
---@field cvv? cards.Rule CVV: only `hide` and `drop` may stand here
---@field last4? cards.Rule last four digits
---@field bin? cards.Rule first digits
---@field brand? cards.Rule brand
---@field type? cards.Rule type of the card
---@field status? cards.Rule status
---@field exp_month? cards.Rule month of expiry
---@field exp_year? cards.Rule year of expiry
---@field holder_name? cards.Rule name of the holder
---@field token? cards.Rule token of the card
---@field billing? cards.Rule|cards.BillingRules billing address
---@field email? cards.Rule e-mail address
---@field phone? cards.Rule telephone number
---@field created_at? cards.Rule when it was made
---@field canceled_at? cards.Rule when it was canceled

--- `billing` of rules.
---@class cards.BillingRules
---@field [string] cards.Rule|cards.Rules a field of a provider
---@field line1? cards.Rule first line
---@field line2? cards.Rule second line
---@field city? cards.Rule city
---@field region? cards.Rule region
---@field postal_code? cards.Rule postal code
---@field country? cards.Rule country
