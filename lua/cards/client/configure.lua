--- cards.configure: settings of the process, for all its clients.

local acts = require "cards.reveal.acts"
local check = require "cards.util.check"
local core = require "cards.core"
local environment = require "cards.script.environment"
local share = require "cards.metrics.share"
local trace = require "cards.trace.settings"

local known = {
  memory = check.one_of("strict", "best"),
  script_env = environment.check,
  max_in_flight = check.number(1, 1000000, true),
  reveal = acts.check,
  metrics = share.check,
  trace = trace.check,
}

--- cards.configure(settings)
-- @param settings { max_in_flight = 8192, memory = "best", script_env = { "JOIN_KEY" } }:
--   max_in_flight: calls that the I/O thread (nginx, event loops) runs at the same time. A further call fails with an error of kind "busy";
--   script_env: the environment variables that script files may read with `from_env`, a list of names; "ACME_*" is all that begin so. At first there is none;
--   reveal: { policy = { cardholder = { classes = { "pan", "cvv" }, purposes = { "show_card" } } }, audit = function(entry) … end }. From then on a secret is
--   revealed or sealed only for a role and purpose that the policy has, and after the audit function took an entry of it; false ends that. It counts for this
--   Lua state, and a copy of the policy is taken;
--   metrics: { shared = "NAME" }: cards.metrics() is of all workers of nginx, which add up what they count in that lua_shared_dict. It takes a dict of its own.
--     Ignored outside nginx;
--   trace: { exporter = cards.trace.otlp { … }, sample = 0.1 }: where spans go, and the share of new traces that are sampled (1). false ends that. It counts
--   for this Lua state, in nginx for the worker;
--   memory: "best" protects secrets as well as the system allows. "strict" sends no call while a protection that cards.memory() lists is missing: such a call
--   fails with an error of kind "invalid_request" that names the protection and why it is missing
-- Raises an error for unknown or wrong settings.
return function(settings)
  check.argument("cards.configure", type(settings) ~= "table" and "a table of settings is required" or check.table(settings, known))
  if settings.max_in_flight then
    core.limit(settings.max_in_flight)
  end
  if settings.script_env then
    environment.set(settings.script_env)
  end
  if settings.reveal ~= nil then
    acts.set(settings.reveal)
  end
  if settings.metrics then
    share.set(settings.metrics)
  end
  if settings.trace ~= nil then
    trace.set(settings.trace)
  end
  if settings.memory then
    core.strict(settings.memory == "strict")
  end
end
