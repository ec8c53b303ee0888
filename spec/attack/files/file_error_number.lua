-- Fails with a card number.
-- Stopped: ************1111
error('4111111111111111')
