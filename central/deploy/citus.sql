-- Spreads the tables of the far end over the nodes of a Citus cluster, by hall: all of an agent lies on one node, so a batch is one
-- node's transaction. Run once, on the coordinator, after the first start of hall-central has made the tables, and before halls
-- send. Written by Citus's documentation and not tried (docs/far-end-database.md).
SELECT create_reference_table('migrations');
SELECT create_reference_table('keeping_runs');
SELECT create_reference_table('leases');
SELECT create_distributed_table('streams', 'agent_id');
SELECT create_distributed_table('events', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('ratings', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('agents', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('chain_alarms', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('halls', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('hall_windows', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('hall_devices', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('tickets', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('tallies', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('hall_months', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('day_closings', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('open_evaluations', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('bad_ratings', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('opinions', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('outbox', 'agent_id', colocate_with => 'streams');
-- Every further table with agent_id in its key likewise, every other one as a reference table.
