---@meta cards.payengine

--- PayEngine, Retrieve Token: the token of a card, with its holder's address. `client` is what `cards.payengine.new` returned.
---@class cards.payengine: cards.Module
---@field provider "payengine" its name
local payengine = {}

--- Keys of `cards.payengine.new`, and of `cards.payengine.from_env`, where they count instead of variables.
---@class cards.payengine.Config: cards.Config
---@field base_url? string where the provider is, `https://…`; required, as it has no address of its own
---@field secret? cards.Credential the secret, sent as `Authorization: Basic …` as it is; required
---@field defaults? cards.payengine.RetrieveTokenDefaults parameters of calls that do not give them

--- Makes a client. Raises where the configuration is wrong.
---@param config cards.payengine.Config the configuration
---@return cards.payengine.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function payengine.new(config) end

--- Makes a client of environment variables: CARDS_PAYENGINE_BASE_URL, CARDS_PAYENGINE_SECRET
--- or its _FILE, CARDS_CA_FILE, CARDS_PROXY. Raises with all that is missing.
---@param options? cards.payengine.Config keys of `new`, which count instead
---@return cards.payengine.Client client the client, nil where there is no room for a secret
---@return cards.Error? err kind `busy`
function payengine.from_env(options) end

--- The same as `client:retrieve_token(…)`.
---@param client cards.payengine.Client the client
---@param parameters cards.Text|cards.payengine.RetrieveTokenParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.payengine.Token? record the token and what belongs to it
---@return cards.Error? err why there is none
function payengine.retrieve_token(client, parameters, options) end

--- The same as `client:start(…)`.
---@param client cards.payengine.Client the client
---@param operation "retrieve_token" name of the operation
---@param parameters cards.Text|cards.payengine.RetrieveTokenParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function payengine.start(client, operation, parameters, options) end

--- A client of PayEngine.
---@class cards.payengine.Client: cards.Client
---@field provider "payengine" its name
local Client = {}

--- Retrieve Token: the token of a card.
---@param parameters cards.Text|cards.payengine.RetrieveTokenParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.payengine.Token? record the token and what belongs to it
---@return cards.Error? err why there is none
function Client:retrieve_token(parameters, options) end

--- Starts a call for an event loop. Raises in nginx, where every call lets the worker go on.
---@param operation "retrieve_token" name of the operation
---@param parameters cards.Text|cards.payengine.RetrieveTokenParameters the parameters, or the card's id alone
---@param options? cards.CallOptions for this call only
---@return cards.Job job the call that was started
function Client:start(operation, parameters, options) end

--- Parameters that `defaults` gives.
---@class cards.payengine.RetrieveTokenDefaults: cards.Keys
---@field card_id? cards.Text id of the card

--- Parameters of `retrieve_token`.
---@class cards.payengine.RetrieveTokenParameters: cards.payengine.RetrieveTokenDefaults
---@field card_id cards.Text id of the card

--- Record of `retrieve_token`: the whole body.
---@class cards.payengine.Token: cards.Record
---@field id? string id of the card
---@field merchant_id? string id of the merchant
---@field token? cards.Secret the token, class `token`
---@field name? string name of the holder
---@field exp_month? integer month of expiry
---@field exp_year? integer year of expiry
---@field last_4? string last four digits
---@field brand? string brand of the card
---@field type? string type of the card
---@field country? string where the card was issued
---@field surcharge_allowed? boolean whether a surcharge is allowed
---@field created_at? string|number when it was made
---@field expires_at? string|number when it ends
---@field address_line1? string first line of the address
---@field address_line2? string second line of the address
---@field address_city? string city
---@field address_state? string state
---@field address_country? string country
---@field address_zip? string postal code
---@field email? string e-mail address
---@field phone_number? cards.payengine.PhoneNumber telephone number
---@field card_updater? cards.payengine.CardUpdater what the card updater did

--- `phone_number` of the record.
---@class cards.payengine.PhoneNumber
---@field cc? string country code
---@field subscriber? string number in that country

--- `card_updater` of the record.
---@class cards.payengine.CardUpdater
---@field status? string its status
---@field type? string its type
---@field enrolled_at? string|number when the card was enrolled
---@field updated_at? string|number when it changed last

return payengine
