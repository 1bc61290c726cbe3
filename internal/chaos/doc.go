// Package chaos holds the tests that run the hub as it is run in earnest: real
// processes that share a real engine behind a real load balancer, while hubs and
// engine are killed, stopped and cut off. It has no code of its own.
//
// The environment variable CHAOS says how long TestChaos lasts (30s if nothing
// is said), CHAOS_REPORT where it writes its report.
package chaos
