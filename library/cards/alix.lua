---@meta cards.alix

--- Alix: a card's private details.
---@class cards.alix
---@field provider "alix" its name
local alix = {}

--- Keys of `cards.alix.from_env`, which count instead of environment variables.
---@class cards.alix.Settings: cards.Config
---@field access_token? cards.Credential the provider's access token, sent in the header `access-token`; CARDS_ALIX_ACCESS_TOKEN
---@field defaults? cards.alix.PrivateInfoParameters parameters for calls that do not give them

--- Keys of `cards.alix.new`.
---@class cards.alix.Config: cards.alix.Settings
---@field base_url string where the provider is, `https://…`
---@field access_token cards.Credential the provider's access token, sent in the header `access-token`

--- Makes a client. Raises where the configuration is wrong.
---@param config cards.alix.Config the configuration
---@return cards.alix.Client? client the client
---@return cards.Error? err kind `busy`, where there is no room for a secret
function alix.new(config) end

return alix
