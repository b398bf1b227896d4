// Package infra holds what surrounds the functions: alarms and the dashboard
// (monitoring.yaml), the schemas of events and messages, and, as tests, what
// must stay true of template.yaml.
package infra
