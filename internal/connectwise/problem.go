package connectwise

import "github.com/psabridge/psabridge/internal/problem"

// AsProblem returns what may be shown: a stable code, what happened and what
// to do about it, in words that hold nothing of the request or answer.
func (e *Error) AsProblem() *problem.Error {
	return e.public().Wrap(e).After(e.RetryAfter)
}

func (e *Error) public() *problem.Error {
	switch e.Kind {
	case KindAddressRefused, KindRedirect, KindUnreachable, KindCompanyUnknown:
		return e.publicAddress()
	case KindCredentials, KindClientID, KindPermission:
		return e.publicRefusal()
	case KindNotFound, KindNoEndpoint, KindInvalid, KindConflict:
		return e.publicRequest()
	default:
		return e.publicState()
	}
}

func (e *Error) publicAddress() *problem.Error {
	switch e.Kind {
	case KindAddressRefused:
		return problem.New(problem.AddressRefused, "The server's name leads into a network that psabridge does not call.",
			"Enter the public address of your ConnectWise server.")
	case KindRedirect:
		return problem.New(problem.AddressInvalid, "The server sends callers on to another address.",
			"Enter the address that your browser shows once you are logged in to ConnectWise.")
	case KindCompanyUnknown:
		return problem.New(problem.CompanyUnknown, "ConnectWise does not know this company ID at this server.",
			"Check the company ID: it is the one you type when you log in, not the company's name. Check that the server is the one of your region.")
	default:
		return problem.New(problem.Unreachable, "The ConnectWise server cannot be reached.",
			"Check the server address. If ConnectWise runs on your own server, it must have a valid certificate and accept connections from the internet.")
	}
}

func (e *Error) publicRefusal() *problem.Error {
	switch e.Kind {
	case KindClientID:
		return problem.New(problem.ClientIDRefused, "ConnectWise does not accept this product's client ID.",
			"Contact the product's support: the client ID is set when psabridge is deployed.")
	case KindPermission:
		return problem.New(problem.PermissionMissing, "The API member may not do this in ConnectWise.",
			"In ConnectWise, add the missing permission to the API member's security role, then try again.")
	default:
		return problem.New(problem.CredentialsRefused, "ConnectWise does not accept the keys.",
			"Check the company ID and both keys, and that the API member is active. If the private key is lost, make a new key pair.")
	}
}

func (e *Error) publicRequest() *problem.Error {
	switch e.Kind {
	case KindNotFound:
		return problem.New(problem.ConnectWiseNotFound, "ConnectWise has no such record.",
			"It may have been deleted, or the API member may not see it.")
	case KindNoEndpoint:
		return problem.New(problem.ConnectWiseNotFound, "ConnectWise does not offer this function at this address.",
			"Check the server address, the company ID and the keys: ConnectWise may also answer this way when they do not fit together.")
	default:
		return problem.New(problem.ConnectWiseInvalid, "ConnectWise refused the request.",
			"Try again; if it stays, contact support with the request id.")
	}
}

func (e *Error) publicState() *problem.Error {
	switch e.Kind {
	case KindThrottled:
		return problem.New(problem.ConnectWiseThrottle, "ConnectWise asks us to slow down.",
			"Nothing needs to be done; work goes on by itself. If it stays, other integrations may be using up ConnectWise's limit.")
	case KindDown:
		return problem.New(problem.ConnectWiseDown, "ConnectWise does not answer as it should at the moment.",
			"Try again in a few minutes, and look at ConnectWise's status page.")
	default:
		return problem.New(problem.ConnectWiseGarbled, "The server's answer is not one of the ConnectWise API.",
			"Check that the server address leads to ConnectWise itself and not to a login page, proxy or firewall in front of it.")
	}
}
