module longshore.example/go-zip

go 1.19
