--- Alix: private_info { card_id }. Credential: access_token. base_url has to be configured.
-- The wire is described in src/provider/builtin/alix.c.
return require("cards.provider").module "alix"
