-- +goose Up

-- Nearly every delivery is made at once, and is written to four times on its
-- way: each index it is in counts. What is old goes by its activity's age.
DROP INDEX deliveries_age;
DROP INDEX delivery_attempts_delivery;
ALTER TABLE delivery_attempts DROP CONSTRAINT delivery_attempts_pkey, ADD PRIMARY KEY (delivery_id, id);
