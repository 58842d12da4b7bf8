-- Spreads the tables of the far end over the nodes of a Citus cluster, by hall: all of an agent lies on one node, so a batch is one
-- node's transaction. Run once, on the coordinator, after the first start of hall-central has made the tables, and before halls
-- send. Written by Citus's documentation and not tried (docs/far-end-database.md).
SELECT create_reference_table('alert_deliveries');
SELECT create_reference_table('alert_round');
SELECT create_reference_table('changes');
SELECT create_reference_table('keeping_runs');
SELECT create_reference_table('leases');
SELECT create_reference_table('migrations');
SELECT create_reference_table('notices');
SELECT create_reference_table('rating_exports');
SELECT create_reference_table('servers');
SELECT create_reference_table('tokens');
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
SELECT create_distributed_table('connections', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('hall_said', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('rating_export_cursors', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('rating_export_records', 'agent_id', colocate_with => 'streams');
SELECT create_distributed_table('alerts', 'agent_id', colocate_with => 'streams');
