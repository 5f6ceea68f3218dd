-- One database per service (contract: the services share no tables), and three roles for each: the owner migrates,
-- the application works for every creditor, the API sees the rows of its caller's creditor (docs/adr/0011).

CREATE ROLE invoices_owner LOGIN PASSWORD 'velvet';
CREATE ROLE invoices_app LOGIN BYPASSRLS PASSWORD 'velvet';
CREATE ROLE invoices_api LOGIN PASSWORD 'velvet';
CREATE DATABASE invoices OWNER invoices_owner;
\connect invoices
ALTER SCHEMA public OWNER TO invoices_owner;
GRANT USAGE ON SCHEMA public TO invoices_app, invoices_api;
ALTER DEFAULT PRIVILEGES FOR ROLE invoices_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO invoices_app, invoices_api;
ALTER DEFAULT PRIVILEGES FOR ROLE invoices_owner GRANT USAGE, SELECT ON SEQUENCES TO invoices_app, invoices_api;

CREATE ROLE classifier_owner LOGIN PASSWORD 'velvet';
CREATE ROLE classifier_app LOGIN BYPASSRLS PASSWORD 'velvet';
CREATE ROLE classifier_api LOGIN PASSWORD 'velvet';
CREATE DATABASE classifier OWNER classifier_owner;
\connect classifier
ALTER SCHEMA public OWNER TO classifier_owner;
GRANT USAGE ON SCHEMA public TO classifier_app, classifier_api;
ALTER DEFAULT PRIVILEGES FOR ROLE classifier_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO classifier_app, classifier_api;
ALTER DEFAULT PRIVILEGES FOR ROLE classifier_owner GRANT USAGE, SELECT ON SEQUENCES TO classifier_app, classifier_api;

CREATE ROLE scheduler_owner LOGIN PASSWORD 'velvet';
CREATE ROLE scheduler_app LOGIN BYPASSRLS PASSWORD 'velvet';
CREATE ROLE scheduler_api LOGIN PASSWORD 'velvet';
CREATE DATABASE scheduler OWNER scheduler_owner;
\connect scheduler
ALTER SCHEMA public OWNER TO scheduler_owner;
GRANT USAGE ON SCHEMA public TO scheduler_app, scheduler_api;
ALTER DEFAULT PRIVILEGES FOR ROLE scheduler_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO scheduler_app, scheduler_api;
ALTER DEFAULT PRIVILEGES FOR ROLE scheduler_owner GRANT USAGE, SELECT ON SEQUENCES TO scheduler_app, scheduler_api;

CREATE ROLE notifier_owner LOGIN PASSWORD 'velvet';
CREATE ROLE notifier_app LOGIN BYPASSRLS PASSWORD 'velvet';
CREATE ROLE notifier_api LOGIN PASSWORD 'velvet';
CREATE DATABASE notifier OWNER notifier_owner;
\connect notifier
ALTER SCHEMA public OWNER TO notifier_owner;
GRANT USAGE ON SCHEMA public TO notifier_app, notifier_api;
ALTER DEFAULT PRIVILEGES FOR ROLE notifier_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO notifier_app, notifier_api;
ALTER DEFAULT PRIVILEGES FOR ROLE notifier_owner GRANT USAGE, SELECT ON SEQUENCES TO notifier_app, notifier_api;
