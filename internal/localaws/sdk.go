package localaws

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

const (
	// Region is the region that the local services say they are in.
	Region = "us-east-1"
	// AccountID is the account that owns everything local.
	AccountID = "000000000000"

	accessKey = "local"
	secretKey = "local-services-take-any-key"
)

// SDKConfig returns a configuration for AWS SDK clients of one local endpoint.
// Its retries are as many as the SDK's, with waits that suit a machine's own
// services.
func SDKConfig(endpoint string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxBackoff = 20 * time.Millisecond
			})
		},
	}
}
