-- One database per service (contract: the services share no tables).
CREATE DATABASE invoices;
CREATE DATABASE classifier;
CREATE DATABASE scheduler;
CREATE DATABASE notifier;
