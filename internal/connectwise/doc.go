// Package connectwise is a client of the ConnectWise PSA REST API.
//
// [CleanServerURL] turns what a person typed into an [Address], a [Discoverer]
// finds the API base behind it, and a [Client] reads: ranges of records by
// keyset ([Client.ReadRange]), single records, counts, lists.
//
// Every failure is an [*Error] with a [Kind]; problem.From finds the public
// words for it. Neither errors nor logs ever hold credentials, query values or
// answers. Connections go through a dialer that refuses every special network
// (see [NewHTTPClient]), redirects are errors, and bodies are bounded after
// decompression.
package connectwise
