// Package deploy has no code of its own. Beside it lie the files that an
// operator takes: image, systemd unit, Helm chart and manifests, configurations
// of load balancers, alerts and a dashboard. Its tests hold them against the
// real hub and the real programs that read them.
package deploy
