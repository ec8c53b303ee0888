--- How calls wait, and how functions run at the same time: one table of functions for plain Lua, and one for nginx. Both have
--
--     check(what, level)      raises an error where a call cannot wait. what: the name of the called function; level: as of error
--     waiter(what, level)     what the running function waits with: { tag, threaded (both for core.job), wait, result, leave }. Raises like check.
--                             wait(self, job, seconds) starts a job and waits for its end; it returns nil, or the error of a job that it cancelled.
--                             result(self, job, seconds) waits for a job that is started already, and returns its result.
--                             leave(self) has to follow, unless result was called
--     kind()                  how the running function waits: "blocking", "worker", "loop" or "nginx". But for "blocking", a function that waits lets others
--                             of its kind continue
--     signal()                a new signal: { set(self), is_awaited(self), wait(self, seconds) }
--     group                   groups of functions that run at the same time: new(iterates), spawn, seal, next, recycle, finalizer, cancel
--     place()                 the worker and the task that the caller runs in, or nothing

return require("cards.async.host").is_nginx and require "cards.async.nginx" or require "cards.async.plain"
