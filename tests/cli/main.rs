//! The subcommands as a user runs them.

mod adc;
mod adc_change;
mod agreement;
mod clustered;
mod compare;
mod compose;
mod compose_visits;
mod declared;
mod dropout;
mod explain;
mod ff;
mod ff_echoes;
mod histogram;
mod histogram_features;
mod images;
mod models;
mod partial;
mod report;
mod roc;
mod run;
mod simulate;
mod statistics;
mod study;
mod tdv;
mod tdv_facts;
mod tdv_rules;
