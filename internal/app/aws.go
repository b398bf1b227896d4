package app

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// AWS is the SDK's configuration as a function has it: region, credentials and
// endpoints from the environment, and a few quick retries. The SDK's own
// loader would look in profiles, containers and metadata services too; a
// function has none of them, and starts sooner without.
func AWS() aws.Config {
	keys := credentials.NewStaticCredentialsProvider(
		os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))
	return aws.Config{
		Region:        os.Getenv("AWS_REGION"),
		Credentials:   keys,
		ConfigSources: []any{endpoints{}},
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = 4
				o.MaxBackoff = 2 * time.Second
			})
		},
	}
}

// endpoints tells the SDK's clients of AWS_ENDPOINT_URL_<SERVICE>, the local
// run's.
type endpoints struct{}

// GetServiceBaseEndpoint is what the SDK asks of a configuration source.
func (endpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	url := os.Getenv("AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(sdkID, " ", "_")))
	return url, url != "", nil
}
