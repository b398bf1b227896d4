// Package template reads the project's SAM template as the local host needs
// it: every intrinsic function resolved, every function, route, queue, table,
// bus, rule and schedule as a plain value.
//
// It is strict, because its purpose is to make a wrong template fail on the
// desk: an unknown tag, resource type or property, a reference to nothing, a
// parameter against its own pattern are errors, never warnings.
package template
