// Package localaws runs what stands in for AWS on a developer's machine: a
// DynamoDB, and psabridge's own small SQS, Secrets Manager and EventBridge.
// All of it listens on 127.0.0.1 only. Clients of AWS's SDK find it through
// the SDK's own AWS_ENDPOINT_URL variables and know no difference, so that any
// part can be swapped for another endpoint.
package localaws
