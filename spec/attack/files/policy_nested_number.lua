-- Shows a number as a table.
-- Stopped: cvv: a table of rules would show something of a card verification value: only hide and drop may stand there
return { number = { a = keep }, cvv = { b = keep } }
