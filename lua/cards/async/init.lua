--- How a call waits where it stands, and how functions run beside each other: the table of functions for plain Lua or that for nginx. Both have
--
--     check(what, level)      raises an error where nothing can wait; `what` is the name of the function that was called, level that of its caller
--     waiter(what, level)     what the running function waits with, after check(what, level): { tag, threaded (for core.job), wait(self, job, seconds),
--                             result(self, job, seconds), leave(self) }. wait starts the job and returns once it is done, or with the error that it was
--                             given up
--                             with. result waits for one that was started when it was made, reads it and leaves. leave comes last where result does not
--     kind()                  "blocking", "worker", "loop" or "nginx": who of the same kind waits lets the others go on, but for "blocking"
--     signal()                a new signal: { set(self), is_awaited(self), wait(self, seconds) }
--     group                   functions that run beside each other: new(iterates), spawn, seal, next, recycle, finalizer, cancel
--     place()                 whose place it is where the caller runs: a worker and its task, or nothing

return require("cards.async.host").is_nginx and require "cards.async.nginx" or require "cards.async.plain"
